// Events of the stream that few pages get: what hears them is in later.js, which the first of them loads and waits for.
import {isReady, prepare} from './acts.js';
import {find, onStream} from './page.js';
const REFUSED = [401, 403, 404, 410];

const say = (name, detail) => find('#log').dispatchEvent(new CustomEvent(name, {detail, bubbles: true}));

export function start() {
  const end = ({status}) => REFUSED.includes(status) && say('end');
  onStream('htmx:sse:error', end);
  for (const name of ['end', 'typing']) {
    onStream(name, detail => isReady() || prepare().then(() => say(name, detail), () => {})); // or no network
  }
}
