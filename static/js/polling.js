// Asks every few seconds for what was said (`poll=1`, which holds no stream), and says in the bar why, while the server
// refuses the stream because of a limit. The events are those of a stream. Loaded on demand (refused.js).
const EVERY = 4000; // milliseconds
const WORDS = {
  too_many_streams: 'Many pages are open in your network, so new messages come every few seconds here.'
    + ' Yours go out. Close other tabs, or ask the host to raise CHADCHAT_LIMIT_STREAMS.',
  CHADCHAT_LIMIT_SEAT_STREAMS: 'You have this room open in too many places, so new messages come every few seconds'
    + ' here. Yours go out. Close one of the others.',
  server_full: 'This server is full, so new messages come every few seconds here. Yours go out.'
    + ' The host can raise CHADCHAT_LIMIT_ALL_STREAMS.',
};
let page, bar, timer = null, code = null, polls = Promise.resolve();

function say() {
  if (bar.textContent !== WORDS[code]) bar.textContent = WORDS[code]; // else a screen reader would say it again
  bar.className = 'lost'; // so that stream.js says when the stream is there
  bar.dataset.refused = code;
}

// `page` has what this uses of the other modules. `why` is the code of the refusal, `aloud` whether the bar says so.
export function begin(used, why, aloud) {
  page = used;
  bar = page.find('#status');
  code = why;
  timer ??= setInterval(poll, EVERY);
  if (aloud) say();
}

export function end() {
  clearInterval(timer);
  timer = null;
  delete bar.dataset.refused;
}

async function take(block) {
  const log = page.find('#log'), lines = block.split('\n'), field = name => lines.filter(line => line.startsWith(name));
  const [id] = field('id: '), [event] = field('event: '), data = field('data: ').map(line => line.slice(6)).join('\n');
  const message = {data, id: id?.slice(4), event: event?.slice(7) ?? ''};
  const tell = name => log.dispatchEvent(
    new CustomEvent(`htmx:sse:${name}:message`, {bubbles: true, cancelable: true, detail: {message}}));
  if (message.event) return window.htmx.trigger(log, message.event, {data}); // a `reset`
  if (!tell('before')) return null;
  await window.htmx.swap({sourceElement: log, target: log, swap: 'beforeend', text: data});
  return tell('after');
}

async function ask() {
  const [path, query] = page.find('#log').getAttribute('hx-sse:connect').split('?');
  const since = page.cursor() ?? new URLSearchParams(query).get('since');
  const answer = await fetch(`${path}?as=html&poll=1&since=${since}`).catch(() => null); // no network: the bar says so
  const text = answer?.ok ? await answer.text() : '';
  if (!timer || !answer?.ok) return;
  say();
  for (const block of text.split('\n\n')) if (block) await take(block);
}

export function poll() {
  if (timer) polls = polls.then(ask, ask); // one after the other
}
