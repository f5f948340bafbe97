// One native function behind a REST API.
const { App, CfnOutput, CfnParameter, Stack } = require('aws-cdk-lib');
const { LambdaRestApi } = require('aws-cdk-lib/aws-apigateway');
const { Alias, Code, Function: LambdaFunction, Runtime } = require('aws-cdk-lib/aws-lambda');

const app = new App({ analyticsReporting: false, treeMetadata: false });
const stack = new Stack(app, 'Native');
const release = new CfnParameter(stack, 'TandemRelease', { default: 'unreleased' });
const api = new LambdaFunction(stack, 'Function', {
  runtime: Runtime.PROVIDED_AL2023,
  handler: process.env.TANDEM_HANDLER ?? 'api_handler',
  code: Code.fromAsset('lambda'),
  environment: { TANDEM_RELEASE: release.valueAsString },
});
const live = new Alias(stack, 'Live', { aliasName: 'live', version: api.currentVersion });
const rest = new LambdaRestApi(stack, 'Api', { handler: live, cloudWatchRole: false });
new CfnOutput(stack, 'ApiUrl', { value: rest.url });
