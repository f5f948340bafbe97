import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Attribute, AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

// What a list shows of a person. The password hash is not among it, so it is in no index.
const SHOWN = ['firstName', 'lastName', 'phone', 'dateOfBirth', 'address', 'isAdmin', 'isActive', 'updatedAt'];

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });

/** The tables. People and the rows that find them outlive the stack; sessions do not. */
export class DataStack extends Stack {
  readonly people: Table;
  readonly search: Table;
  readonly sessions: Table;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);

    this.people = new Table(this, 'People', {
      partitionKey: text('id'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.people.addGlobalSecondaryIndex({
      indexName: 'email-index',
      partitionKey: text('email'),
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...SHOWN, 'createdAt'],
    });
    this.people.addGlobalSecondaryIndex({
      indexName: 'created-index',
      partitionKey: text('kind'),
      sortKey: text('createdAt'),
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...SHOWN, 'email'],
    });

    this.search = new Table(this, 'Search', {
      partitionKey: text('initial'),
      sortKey: text('entry'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    this.sessions = new Table(this, 'Sessions', {
      partitionKey: text('id'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
