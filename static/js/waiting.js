// A paused tab has no stream (tabs.js). It asks now and then how many messages came, for its title.
import {isPaused} from './connection.js';
import {find, lastLine, seqOf} from './page.js';
import {readTo, setBeyond} from './unread.js';
const EVERY = 30_000; // milliseconds
const MOST = 100;

async function ask({room, epoch, me}) {
  if (!isPaused() || !lastLine()) return;
  const since = `${epoch}-${Math.max(readTo(), seqOf(lastLine()))}`, others = me && `&from=!${me}`;
  const address = `/${room}/json?poll=1&since=${since}&kinds=message&limit=${MOST}${others}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || !isPaused()) return;
  const events = (await answer.text()).split('\n').filter(Boolean).map(line => JSON.parse(line));
  setBeyond(events.filter(({kind, text}) => kind === 'message' && text !== null));
}

export function start(room) {
  if (find('[hx-sse\\:connect]')) setInterval(ask, EVERY, room);
}
