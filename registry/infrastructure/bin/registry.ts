// The registry's stacks, in the order in which they need each other.
import { App } from 'aws-cdk-lib';
import { ApiStack } from '../lib/api-stack';
import { DataStack } from '../lib/data-stack';
import { SiteStack } from '../lib/site-stack';

const app = new App({ analyticsReporting: false, treeMetadata: false });
const data = new DataStack(app, 'RegistryData', { description: 'People, their search rows and their sessions' });
const api = new ApiStack(app, 'RegistryApi', { description: 'The People API', data });
new SiteStack(app, 'RegistrySite', { description: 'The front page of the registry', apiUrl: api.url });
