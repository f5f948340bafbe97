import * as path from 'node:path';
import { CfnOutput, CfnParameter, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DataStack } from './data-stack';

export interface ApiStackProps extends StackProps {
  readonly data: DataStack;
}

const LAMBDA_DIRECTORY = path.join(__dirname, '..', '..', 'lambda');
const DEFAULT_HANDLER = 'enhanced_api_handler.lambda_handler';

// Every endpoint of the contract. What is not here reaches the function all the same, through ANY:
// an unknown path is the application's own 404, a wrong method its own 405.
const ENDPOINTS: Record<string, string[]> = {
  '/health': ['GET'],
  '/people': ['GET', 'POST'],
  '/people/search': ['GET'],
  '/people/{id}': ['GET', 'PUT', 'DELETE'],
  '/auth/login': ['POST'],
  '/auth/me': ['GET'],
  '/auth/logout': ['POST'],
};

/** The function with its alias, and the REST API in front of it. */
export class ApiStack extends Stack {
  readonly url: string;

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const live = this.functionAlias(props.data);
    const api = this.restApi(live);
    this.url = api.url;
    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'Where the API answers' });
  }

  private functionAlias(data: DataStack): lambda.Alias {
    const release = new CfnParameter(this, 'TandemRelease', {
      default: 'unreleased',
      description: 'The release this deployment belongs to',
    });
    const adminEmail = new CfnParameter(this, 'AdminEmail', {
      default: '',
      description: 'The first administrator, who comes into being by logging in; empty for none',
    });
    const adminPasswordHash = new CfnParameter(this, 'AdminPasswordHash', {
      default: '',
      noEcho: true,
      description: 'The hash of their password: scrypt$n$r$p$salt$key',
    });

    const api = new lambda.Function(this, 'Function', {
      description: 'The People API',
      runtime: lambda.Runtime.PYTHON_3_11,
      handler: process.env.TANDEM_HANDLER ?? this.node.tryGetContext('handler') ?? DEFAULT_HANDLER,
      code: lambda.Code.fromAsset(LAMBDA_DIRECTORY, {
        exclude: ['tests', '**/__pycache__', '**/*.pyc', '**/.pytest_cache', '.venv', '.coverage', 'reports'],
      }),
      memorySize: 1024,
      timeout: Duration.seconds(15),
      environment: {
        PEOPLE_TABLE: data.people.tableName,
        SEARCH_TABLE: data.search.tableName,
        SESSIONS_TABLE: data.sessions.tableName,
        TANDEM_RELEASE: release.valueAsString,
        ADMIN_EMAIL: adminEmail.valueAsString,
        ADMIN_PASSWORD_HASH: adminPasswordHash.valueAsString,
      },
      logGroup: new LogGroup(this, 'FunctionLog', {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      // Every published version stays, so that traffic can go back to it.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    allowTables(api, data);
    return new lambda.Alias(this, 'Live', { aliasName: 'live', version: api.currentVersion });
  }

  private restApi(live: lambda.Alias): apigateway.RestApi {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const api = new apigateway.RestApi(this, 'Api', {
      description: 'The People API',
      cloudWatchRole: false,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      defaultIntegration: new apigateway.LambdaIntegration(live, { scopePermissionToMethod: false }),
      // The gateway answers preflights; the application itself puts the headers on every other answer.
      defaultCorsPreflightOptions: {
        allowOrigins: apigateway.Cors.ALL_ORIGINS,
        allowMethods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
        allowHeaders: ['Authorization', 'Content-Type'],
        maxAge: Duration.hours(1),
      },
      deployOptions: {
        stageName: this.node.tryGetContext('stage') ?? 'prod',
        throttlingRateLimit: 1000,
        throttlingBurstLimit: 2000,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
        accessLogFormat: accessLogFormat(),
      },
    });
    for (const [route, methods] of Object.entries(ENDPOINTS)) {
      const resource = api.root.resourceForPath(route);
      for (const method of methods) resource.addMethod(method);
    }
    for (const route of ['/', '/auth', ...Object.keys(ENDPOINTS)]) {
      api.root.resourceForPath(route).addMethod('ANY');
    }
    api.root.addProxy({ anyMethod: true });
    return api;
  }
}

/** Lets the function do to the tables what its code does, and nothing else. */
function allowTables(api: lambda.Function, { people, search, sessions }: DataStack): void {
  const allow = (actions: string[], ...resources: string[]) =>
    api.addToRolePolicy(
      new PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources }),
    );
  // A transaction is allowed by the actions it is made of.
  allow(['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'], people.tableArn);
  allow(['Query'], `${people.tableArn}/index/email-index`, `${people.tableArn}/index/created-index`);
  allow(['Query', 'PutItem', 'DeleteItem'], search.tableArn);
  allow(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'], sessions.tableArn);
}

function accessLogFormat(): apigateway.AccessLogFormat {
  const field = apigateway.AccessLogField;
  return apigateway.AccessLogFormat.custom(
    JSON.stringify({
      requestId: field.contextRequestId(),
      time: field.contextRequestTime(),
      sourceIp: field.contextIdentitySourceIp(),
      method: field.contextHttpMethod(),
      path: field.contextPath(),
      resource: field.contextResourcePath(),
      status: field.contextStatus(),
      bytes: field.contextResponseLength(),
      latencyMs: field.contextResponseLatency(),
      integrationLatencyMs: field.contextIntegrationLatency(),
      error: field.contextErrorResponseType(),
    }),
  );
}
