// Follows a stream with one library: node client.mjs LIBRARY ADDRESS. Prints each event that the library hands over, and
// each empty one as well, as a line of JSON. A library without a loop of its own gets the plainest one.

const [library, url] = process.argv.slice(2);
const NAMED = ['open', 'reset', 'people', 'cursor', 'bye', 'end'];

function print(event, data) {
  if (data !== undefined) process.stdout.write(`${JSON.stringify({event: event || 'message', data})}\n`);
}

function listen(source) {
  source.onmessage = event => print('message', event.data);
  for (const name of NAMED) source.addEventListener(name, event => print(name, event.data));
}

console.log = console.info = console.debug = console.error; // extended-eventsource says what it does

const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));

const clients = {
  async eventsource() {
    const {EventSource} = await import('eventsource');
    listen(new EventSource(url));
  },

  async 'eventsource-2'() {
    listen(new (await import('eventsource-2')).default(url));
  },

  async 'eventsource-4'() {
    const {EventSource} = await import('eventsource-4');
    listen(new EventSource(url));
  },

  async 'eventsource-5'() {
    const {EventSource} = await import('eventsource-5');
    listen(new EventSource(url));
  },

  async undici() {
    const {EventSource} = await import('undici');
    listen(new EventSource(url));
  },

  async 'extended-eventsource'() {
    const {EventSource} = await import('extended-eventsource');
    listen(new EventSource(url));
  },

  async 'fetch-event-source'() {
    globalThis.window = globalThis;
    const {fetchEventSource} = await import('@microsoft/fetch-event-source');
    await fetchEventSource(url, {
      openWhenHidden: true,
      onmessage: event => print(event.event, event.data),
      onclose() { throw new Error('the server closed it'); }, // else it takes a clean end for the end of it all
    });
  },

  async 'eventsource-client'() {
    const {createEventSource} = await import('eventsource-client');
    createEventSource({url, onMessage: event => print(event.event, event.data)});
  },

  async 'reconnecting-eventsource'() {
    const {EventSource} = await import('eventsource');
    Object.assign(globalThis, {EventSource, window: globalThis, addEventListener() {}, removeEventListener() {}});
    const found = (await import('reconnecting-eventsource')).default;
    listen(new (found.default ?? found)(url, {max_retry_time: 1000}));
  },

  async 'eventsource-parser'() {
    const {createParser} = await import('eventsource-parser');
    let last, retry = 1000;
    for (;;) {
      const parser = createParser({
        onEvent(event) { last = event.id ?? last; print(event.event, event.data); },
        onRetry(milliseconds) { retry = milliseconds; },
      });
      try {
        const answer = await fetch(url, {headers: last ? {'Last-Event-ID': last} : {}});
        const decoder = new TextDecoder();
        for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, {stream: true}));
      } catch (error) {
        console.error(String(error));
      }
      await wait(retry);
    }
  },
};

setInterval(() => {}, 1000); // some libraries let the process end while they wait
await clients[library]();
