import * as path from 'node:path';
import { ArnFormat, CfnOutput, DefaultStackSynthesizer, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Effect, ManagedPolicy, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import type { Construct } from 'constructs';

export interface SiteStackProps extends StackProps {
  readonly apiUrl: string;
}

const SITE_DIRECTORY = path.join(__dirname, '..', '..', 'site');

/** The front page: a private bucket, and a distribution that alone may read it. */
export class SiteStack extends Stack {
  constructor(scope: Construct, id: string, props: SiteStackProps) {
    super(scope, id, props);

    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
    });
    // The distribution may not list the bucket, so a missing file is 403 there and not 404.
    const toFrontPage = [403, 404].map((httpStatus) => ({
      httpStatus,
      responseHttpStatus: 200,
      responsePagePath: '/index.html',
      ttl: Duration.seconds(10),
    }));
    const distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'The front page of the registry',
      defaultRootObject: 'index.html',
      errorResponses: toFrontPage,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      },
    });

    const { role, policy } = this.copyRole(bucket, distribution);
    const files = new BucketDeployment(this, 'Files', {
      sources: [Source.asset(SITE_DIRECTORY), Source.jsonData('config.json', { apiUrl: props.apiUrl })],
      destinationBucket: bucket,
      distribution,
      cacheControl: [CacheControl.noCache()],
      role,
    });
    files.node.addDependency(policy);

    new CfnOutput(this, 'SiteUrl', {
      value: `https://${distribution.distributionDomainName}`,
      description: 'Where the front page is',
    });
  }

  /** The rights of the copying function, written out: those the CDK would give it hold wildcard actions. */
  private copyRole(bucket: Bucket, distribution: cloudfront.Distribution) {
    const role = new Role(this, 'CopyRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole')],
    });
    const policy = new Policy(this, 'CopyPolicy', { roles: [role] });
    const assets = `arn:${this.partition}:s3:::${this.assetBucketName()}`;
    const allow = (actions: string[], ...resources: string[]) =>
      policy.addStatements(new PolicyStatement({ effect: Effect.ALLOW, actions, resources }));
    allow(['s3:ListBucket'], assets, bucket.bucketArn);
    allow(['s3:GetObject'], `${assets}/*`);
    allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], bucket.arnForObjects('*'));
    allow(
      ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
      this.formatArn({
        service: 'cloudfront',
        region: '',
        resource: 'distribution',
        resourceName: distribution.distributionId,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    );
    return { role: role.withoutPolicyUpdates(), policy };
  }

  private assetBucketName(): string {
    return Fn.sub(DefaultStackSynthesizer.DEFAULT_FILE_ASSETS_BUCKET_NAME.replace('${Qualifier}', 'hnb659fds'));
  }
}
