// The synthesised templates, made the way they are deployed: by the app itself, without credentials.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'registry-templates-'));
after(() => fs.rmSync(scratch, { recursive: true }));

function synthesise(name, { context = {}, environment = {} } = {}) {
  const output = path.join(scratch, name);
  execFileSync(process.execPath, ['dist/bin/registry.js'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify({ ...require('../cdk.json').context, ...context }),
      CDK_VALIDATION: 'false',
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const read = (file) => JSON.parse(fs.readFileSync(path.join(output, file), 'utf8'));
  return {
    output,
    manifest: read('manifest.json'),
    assets: read('RegistryApi.assets.json'),
    data: read('RegistryData.template.json'),
    api: read('RegistryApi.template.json'),
    site: read('RegistrySite.template.json'),
  };
}

const synthesised = synthesise('default');
const { data, api, site } = synthesised;

const all = (template, type) =>
  Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
const only = (template, type) => {
  const found = all(template, type);
  assert.equal(found.length, 1, `${type}: ${found.length}`);
  return found[0];
};

function routes(template) {
  const resources = new Map(all(template, 'AWS::ApiGateway::Resource').map((each) => [each.id, each.Properties]));
  const pathOf = (reference) => {
    const resource = resources.get(reference.Ref);
    return resource ? `${pathOf(resource.ParentId)}/${resource.PathPart}` : '';
  };
  return all(template, 'AWS::ApiGateway::Method').map(({ Properties }) => ({
    route: `${Properties.HttpMethod} ${pathOf(Properties.ResourceId) || '/'}`,
    integration: Properties.Integration,
  }));
}

test('three stacks, each after the one it needs', () => {
  const { artifacts } = synthesised.manifest;
  const stacks = Object.keys(artifacts).filter((id) => artifacts[id].type === 'aws:cloudformation:stack');
  assert.deepEqual(stacks.sort(), ['RegistryApi', 'RegistryData', 'RegistrySite']);
  assert.ok(artifacts.RegistryApi.dependencies.includes('RegistryData'));
  assert.ok(artifacts.RegistrySite.dependencies.includes('RegistryApi'));
  for (const stack of stacks) assert.equal(artifacts[stack].environment, 'aws://unknown-account/unknown-region');
});

test('tables and indexes are those the application asks for', () => {
  const tables = Object.fromEntries(
    all(data, 'AWS::DynamoDB::Table').map((table) => [table.id.replace(/[0-9A-F]{8}$/, ''), table]),
  );
  const keys = (schema) => schema.map((key) => `${key.AttributeName}:${key.KeyType}`);
  assert.deepEqual(keys(tables.People.Properties.KeySchema), ['id:HASH']);
  assert.deepEqual(keys(tables.Search.Properties.KeySchema), ['initial:HASH', 'entry:RANGE']);
  assert.deepEqual(keys(tables.Sessions.Properties.KeySchema), ['id:HASH']);
  const indexes = Object.fromEntries(
    tables.People.Properties.GlobalSecondaryIndexes.map((index) => [index.IndexName, index]),
  );
  assert.deepEqual(keys(indexes['email-index'].KeySchema), ['email:HASH']);
  assert.deepEqual(keys(indexes['created-index'].KeySchema), ['kind:HASH', 'createdAt:RANGE']);
  for (const index of Object.values(indexes)) {
    assert.ok(!index.Projection.NonKeyAttributes.includes('passwordHash'));
    const shown = [...index.Projection.NonKeyAttributes, ...index.KeySchema.map((key) => key.AttributeName)];
    for (const field of ['firstName', 'lastName', 'email', 'phone', 'dateOfBirth', 'address', 'isAdmin', 'isActive', 'createdAt', 'updatedAt'])
      assert.ok(shown.includes(field), `${index.IndexName} lacks ${field}`);
  }
  assert.deepEqual(tables.Sessions.Properties.TimeToLiveSpecification, { AttributeName: 'expiresAt', Enabled: true });
});

test('people outlive the stack', () => {
  for (const table of all(data, 'AWS::DynamoDB::Table')) {
    const expected = table.id.startsWith('Sessions') ? 'Delete' : 'Retain';
    assert.equal(table.DeletionPolicy, expected, table.id);
    assert.equal(table.UpdateReplacePolicy, expected, table.id);
  }
});

test('every endpoint has its method, and the rest reaches the application too', () => {
  const found = routes(api).map(({ route }) => route);
  const expected = [
    'GET /health',
    'GET /people', 'POST /people', 'GET /people/search',
    'GET /people/{id}', 'PUT /people/{id}', 'DELETE /people/{id}',
    'POST /auth/login', 'GET /auth/me', 'POST /auth/logout',
    'ANY /', 'ANY /{proxy+}', 'ANY /auth', 'ANY /health', 'ANY /people', 'ANY /people/search', 'ANY /people/{id}',
    'ANY /auth/login', 'ANY /auth/me', 'ANY /auth/logout',
  ];
  const preflights = ['/', '/{proxy+}', '/auth', '/health', '/people', '/people/search', '/people/{id}', '/auth/login', '/auth/me', '/auth/logout'];
  assert.deepEqual(found.sort(), [...expected, ...preflights.map((route) => `OPTIONS ${route}`)].sort());
});

test('every route leads to the alias, and preflights to nobody', () => {
  const { id } = only(api, 'AWS::Lambda::Alias');
  for (const { route, integration } of routes(api)) {
    if (route.startsWith('OPTIONS ')) {
      assert.equal(integration.Type, 'MOCK', route);
    } else {
      assert.equal(integration.Type, 'AWS_PROXY', route);
      assert.ok(JSON.stringify(integration.Uri).includes(`{"Ref":"${id}"}`), route);
    }
  }
  const permission = only(api, 'AWS::Lambda::Permission').Properties;
  assert.deepEqual(permission.FunctionName, { Ref: id });
  assert.equal(permission.Principal, 'apigateway.amazonaws.com');
});

test('the function is published as a version that stays, and the alias names it', () => {
  const version = only(api, 'AWS::Lambda::Version');
  assert.equal(version.DeletionPolicy, 'Retain');
  const alias = only(api, 'AWS::Lambda::Alias').Properties;
  assert.equal(alias.Name, 'live');
  assert.deepEqual(alias.FunctionVersion, { 'Fn::GetAtt': [version.id, 'Version'] });
});

test('the function gets the tables, the release and the first administrator', () => {
  const { Properties } = only(api, 'AWS::Lambda::Function');
  const variables = Properties.Environment.Variables;
  assert.equal(Properties.Runtime, 'python3.11');
  assert.deepEqual(Object.keys(variables).sort(), [
    'ADMIN_EMAIL', 'ADMIN_PASSWORD_HASH', 'PEOPLE_TABLE', 'SEARCH_TABLE', 'SESSIONS_TABLE', 'TANDEM_RELEASE',
  ]);
  assert.deepEqual(variables.TANDEM_RELEASE, { Ref: 'TandemRelease' });
  assert.deepEqual(variables.ADMIN_EMAIL, { Ref: 'AdminEmail' });
  assert.deepEqual(variables.ADMIN_PASSWORD_HASH, { Ref: 'AdminPasswordHash' });
  assert.equal(api.Parameters.TandemRelease.Default, 'unreleased');
  assert.equal(api.Parameters.AdminEmail.Default, '');
  assert.equal(api.Parameters.AdminPasswordHash.Default, '');
  assert.equal(api.Parameters.AdminPasswordHash.NoEcho, true);
});

test('rights: named actions on named things', () => {
  const statements = [data, api, site].flatMap((template) =>
    Object.values(template.Resources).flatMap(({ Properties }) => Properties?.PolicyDocument?.Statement ?? []),
  );
  assert.ok(statements.length > 5);
  for (const { Effect, Action, Resource } of statements) {
    assert.equal(Effect, 'Allow');
    for (const action of [Action].flat()) assert.ok(!action.includes('*'), action);
    for (const resource of [Resource].flat()) assert.notEqual(resource, '*');
  }
  const actions = new Set(all(api, 'AWS::IAM::Policy').flatMap((policy) =>
    policy.Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action),
  ));
  assert.deepEqual([...actions].sort(), [
    'dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem',
    'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem',
  ]);
  for (const role of [api, site].flatMap((template) => all(template, 'AWS::IAM::Role'))) {
    const managed = JSON.stringify(role.Properties.ManagedPolicyArns);
    assert.equal(role.Properties.ManagedPolicyArns.length, 1);
    assert.ok(managed.includes('service-role/AWSLambdaBasicExecutionRole'), managed);
  }
});

test('the stage is throttled and writes its access log as JSON', () => {
  const { Properties } = only(api, 'AWS::ApiGateway::Stage');
  assert.equal(Properties.StageName, 'prod');
  assert.ok(Properties.MethodSettings[0].ThrottlingRateLimit > 0);
  assert.ok(Properties.MethodSettings[0].ThrottlingBurstLimit > 0);
  const format = JSON.parse(Properties.AccessLogSetting.Format);
  for (const field of ['requestId', 'method', 'path', 'status', 'latencyMs']) assert.match(format[field], /^\$context\./);
  assert.equal(all(api, 'AWS::ApiGateway::Account').length, 0);
});

test('the site is private, served by its distribution only, and knows where the API is', () => {
  const { PublicAccessBlockConfiguration } = only(site, 'AWS::S3::Bucket').Properties;
  assert.deepEqual(Object.values(PublicAccessBlockConfiguration), [true, true, true, true]);
  const { DistributionConfig } = only(site, 'AWS::CloudFront::Distribution').Properties;
  assert.ok(DistributionConfig.Origins[0].OriginAccessControlId);
  assert.deepEqual(
    DistributionConfig.CustomErrorResponses.map((each) => [each.ErrorCode, each.ResponseCode, each.ResponsePagePath]),
    [[403, 200, '/index.html'], [404, 200, '/index.html']],
  );
  const copy = only(site, 'Custom::CDKBucketDeployment').Properties;
  assert.equal(copy.SourceObjectKeys.length, 2);
  assert.ok(JSON.stringify(copy.SourceMarkers).includes('RegistryApi:'));
  assert.ok(api.Outputs.ApiUrl && site.Outputs.SiteUrl);
});

test('the bundle holds the handlers and neither tests nor caches', () => {
  const { S3Key } = only(api, 'AWS::Lambda::Function').Properties.Code;
  const { source } = synthesised.assets.files[S3Key.replace('.zip', '')];
  const files = fs.readdirSync(path.join(synthesised.output, source.path), { recursive: true }).map(String);
  for (const file of ['enhanced_api_handler.py', 'api_handler.py', 'requirements.txt']) assert.ok(files.includes(file), file);
  for (const file of files) assert.doesNotMatch(file, /(^|\/)(tests|__pycache__|\.pytest_cache)(\/|$)|\.pyc$/);
});

test('the handler and the stage can be chosen from outside', () => {
  const byContext = synthesise('context', { context: { handler: 'api_handler.lambda_handler', stage: 'dev' } });
  assert.equal(only(byContext.api, 'AWS::Lambda::Function').Properties.Handler, 'api_handler.lambda_handler');
  assert.equal(only(byContext.api, 'AWS::ApiGateway::Stage').Properties.StageName, 'dev');
  const TANDEM_HANDLER = 'integrated_api_handler.lambda_handler';
  const byVariable = synthesise('variable', { environment: { TANDEM_HANDLER } });
  assert.equal(only(byVariable.api, 'AWS::Lambda::Function').Properties.Handler, TANDEM_HANDLER);
  assert.notEqual(only(byVariable.api, 'AWS::Lambda::Version').id, only(api, 'AWS::Lambda::Version').id);
});

test('the same sources give the same templates', () => {
  const again = synthesise('again');
  assert.deepEqual([again.data, again.api, again.site], [data, api, site]);
});
