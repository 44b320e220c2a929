// A paused tab has no stream (tabs.js). It asks how many messages came, for its title. Loaded on demand (extras.js).
const MOST = 100;
let told = 0; // the newest message that notices know of

export async function ask({room, epoch, me, lastLine, seqOf, readTo, setBeyond, isForMe, isPaused}) {
  if (!lastLine()) return;
  const since = `${epoch}-${Math.max(readTo(), seqOf(lastLine()))}`, others = me && `&from=!${me}`;
  const address = `/${room}/json?poll=1&since=${since}&kinds=message&limit=${MOST}${others}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || !isPaused()) return;
  const events = (await answer.text()).split('\n').filter(Boolean).map(line => JSON.parse(line));
  const messages = events.filter(({kind, text}) => kind === 'message' && text !== null)
    .map(({reply_member: reply, ...event}) => ({...event, text: event.text || event.file?.name, reply}));
  setBeyond(messages);
  for (const message of messages.filter(({seq}) => seq > told)) {
    document.dispatchEvent(new CustomEvent('news', {detail: {...message, meant: isForMe(message)}}));
    told = message.seq;
  }
}
