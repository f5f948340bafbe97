// The front page: what is running, logging in, and finding people.

const element = (id) => document.getElementById(id);
const TOKEN = 'registry.token';
const TYPING_PAUSE_MS = 200;

let apiUrl = '';
let newest = new AbortController(); // of the searches; an older one never overwrites a newer one

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, { body, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`${apiUrl}${path}`, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (fault) {
    if (fault.name === 'AbortError') throw fault;
    throw new Refused(0, `The API at ${apiUrl} does not answer.`);
  }
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, content?.message ?? `The API answered ${answer.status}.`);
  if (content === null) throw new Refused(answer.status, `What answers at ${apiUrl} is not the API.`);
  return content;
}

async function findApi() {
  // A site without its config.json serves this page in its place, so the form is checked too.
  const config = await fetch('config.json', { cache: 'no-store' })
    .then((answer) => answer.json())
    .catch(() => null);
  if (typeof config?.apiUrl !== 'string') throw new Error('This site has no config.json that says where the API is.');
  apiUrl = config.apiUrl.replace(/\/+$/, '');
}

function showStatus(kind, text) {
  element('health-status').className = `status ${kind}`;
  element('health-status').textContent = text;
  element('health').setAttribute('aria-busy', 'false');
}

async function showHealth() {
  try {
    const health = await ask('GET', '/health');
    element('health-handler').textContent = health.handler ?? 'not named';
    element('health-commit').textContent = health.build.commit?.slice(0, 12) ?? 'none';
    element('health-commit').title = health.build.commit ?? '';
    element('health-release').textContent = health.build.release ?? 'none';
    element('health-facts').hidden = false;
    if (health.status !== 'healthy') showStatus('bad', `Not healthy: ${health.status}`);
    else if (health.fallback) showStatus('warn', 'Degraded: a fallback handler stands in for the application');
    else if (!health.features.people) showStatus('warn', 'Running, but the application is not part of this deployment');
    else showStatus('good', 'Healthy');
  } catch (fault) {
    showStatus('bad', fault.message);
  }
}

function showLoggedOut(message = '') {
  sessionStorage.removeItem(TOKEN);
  newest.abort();
  element('who').hidden = true;
  element('search').hidden = true;
  element('search').reset();
  element('login').hidden = false;
  element('login-fault').textContent = message;
  element('more').hidden = true;
  element('results').replaceChildren();
}

function showLoggedIn(user) {
  element('who-name').textContent = `${user.firstName} ${user.lastName}`;
  element('who').hidden = false;
  element('login').reset();
  element('login').hidden = true;
  element('login-fault').textContent = '';
  if (user.isAdmin) {
    element('search').hidden = false;
    element('search').elements.query.focus();
    find();
  } else {
    element('results').replaceChildren(row(user));
  }
}

function row(person) {
  const part = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const item = document.createElement('li');
  item.append(part('span', 'name', `${person.firstName} ${person.lastName}`));
  if (person.isAdmin) item.append(part('span', 'tag', 'administrator'));
  if (!person.isActive) item.append(part('span', 'tag', 'inactive'));
  item.append(part('div', 'hint', [person.email, person.phone, person.address?.city].filter(Boolean).join(' · ')));
  return item;
}

/** Shows who matches; an empty query shows everybody. With a cursor, the next page below the others. */
async function find(cursor = null) {
  newest.abort();
  newest = new AbortController();
  const { signal } = newest;
  const query = element('search').elements.query.value.trim();
  const parameters = new URLSearchParams({ limit: '20', ...(query && { query }), ...(cursor && { cursor }) });
  try {
    const page = await ask('GET', `/people${query ? '/search' : ''}?${parameters}`, { signal });
    const rows = page.items.map(row);
    if (cursor) element('results').append(...rows);
    else element('results').replaceChildren(...rows);
    const count = element('results').childElementCount;
    const shown = count === 1 ? '1 person' : `${count} people`;
    element('search-status').textContent =
      count === 0 ? `Nobody matches “${query}”.` : page.nextCursor ? `The first ${shown}` : shown;
    element('more').hidden = page.nextCursor === null;
    element('more').onclick = () => find(page.nextCursor);
  } catch (fault) {
    if (fault.name === 'AbortError') return;
    if (fault.status === 401) return showLoggedOut('Your session has ended. Log in again.');
    element('search-status').textContent = fault.status === 422 ? 'Type at least one letter or digit.' : fault.message;
    if (!cursor) element('results').replaceChildren();
    element('more').hidden = true;
  }
}

element('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('button');
  button.disabled = true;
  element('login-fault').textContent = '';
  try {
    const body = { email: form.elements.email.value, password: form.elements.password.value };
    const session = await ask('POST', '/auth/login', { body });
    sessionStorage.setItem(TOKEN, session.accessToken);
    showLoggedIn(session.user);
  } catch (fault) {
    const isWrong = fault.status === 401;
    element('login-fault').textContent = isWrong ? 'The email or the password is wrong.' : fault.message;
    form.elements[isWrong ? 'password' : 'email'].focus();
  } finally {
    button.disabled = false;
  }
});

element('logout').addEventListener('click', async () => {
  let message = '';
  await ask('POST', '/auth/logout').catch((fault) => {
    if (fault.status !== 401) message = `This page forgot you, but the service did not: ${fault.message}`;
  });
  showLoggedOut(message);
  element('login').elements.email.focus();
});

let pause;
element('search').addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(find, TYPING_PAUSE_MS);
});
element('search').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(pause);
  find();
});

try {
  await findApi();
  await Promise.all([
    showHealth(),
    sessionStorage.getItem(TOKEN) && ask('GET', '/auth/me').then(showLoggedIn, () => showLoggedOut()),
  ]);
} catch (fault) {
  showStatus('bad', fault.message);
  element('login').hidden = true;
}
