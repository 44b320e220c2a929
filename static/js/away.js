// Opens the room at the first message that was not read, where the page does not have it: loads the messages from there
// on, above those at the end, and asks the server how many are between. Loaded on demand (opening.js).
const MOST = 99; // the server counts no further

// Puts the lines after the number `since` on the page; whether that worked.
export async function fetchFrom({find, room, offerOlder, seqOf}, since, first) {
  if (!window.htmx) await new Promise(done => { document.addEventListener('DOMContentLoaded', done, {once: true}); });
  const address = `/${room}?after=${since}&before=${seqOf(first)}`;
  await window.htmx?.ajax('GET', address, {target: '#older', swap: 'outerHTML'});
  if (find('#older')) return false; // no network: it is still there
  offerOlder(since + 1);
  return true;
}

// {seq, mentions} for each message that the server counts and the page does not have; it has `known` of them. All of it
// is read when the end is.
export async function countGap({room, isMeant, lastLine, seqOf}, epoch, since, known) {
  const headers = {Accept: 'application/json'}, address = `/rooms/mine?read=${room}:${epoch}-${since}`;
  const answer = await fetch(address, {headers}).catch(() => null);
  const mine = answer?.ok && (await answer.json()).rooms.find(one => one.room === room);
  if (!mine) return [];
  const all = [...document.querySelectorAll('#log > [data-kind]')];
  const meant = all.filter(line => seqOf(line) > since && isMeant(line));
  const left = Math.max(mine.for_you - meant.length, 0), seq = seqOf(lastLine());
  const rest = Array.from({length: mine.unread > MOST ? mine.unread : Math.max(mine.unread - known, 0)});
  return rest.map((_, nth) => ({seq, mentions: nth < left ? ['here'] : []}));
}
