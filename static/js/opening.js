// Where a room opens: at the first message that was not read, or at the end. And the ways between the two.
import {load} from './demand.js';
import {divider, dividerAt, placeDivider, removeDivider} from './divider.js';
import {offerOlder} from './far.js';
import {hasGap, isElsewhere} from './gap.js';
import {markRead, onRead, readUpTo} from './marks.js';
import {isMeant} from './meant.js';
import {find, isLine, lastLine, onStream, seqOf} from './page.js';
import {isReturning} from './place.js';
import {goTo, goToEnd} from './reader.js';
import {begin, collect, firstUnread, look, lookFromNow, moveMark, readTo, setBeyond, show} from './unread.js';
const live = find('[hx-sse\\:connect]') !== null, page = {find, offerOlder, seqOf, isMeant, lastLine};
let room, epoch;

// Asks how many of the messages that were not read are not on the page, which has `known` of them.
async function count(known) {
  const since = readTo(), away = await load('away').catch(() => null);
  if (away) setBeyond(await away.countGap(page, epoch, since, known));
}

async function open() {
  const since = readTo(), stays = find('.here') || isReturning(epoch) || !live;
  const first = [...find('#log').children].find(isLine);
  const isFar = !stays && find('#older') && first && seqOf(first) > since + 1;
  const away = isFar && await load('away').catch(() => null); // no network: the room opens at the end
  const isFetched = away && await away.fetchFrom(page, since, first), known = collect();
  if (isFetched && hasGap() || live && isElsewhere(readTo())) await count(known);
  if (known && live && !find('.here')) {
    placeDivider(firstUnread());
    if (!stays) goTo(divider());
  }
  lookFromNow();
}

// Back in this tab: what came meanwhile may be above the view.
function come() {
  if (!document.hidden && divider() && dividerAt() > readTo()) goTo(divider());
  look();
}

// Lines were added above or in the gap.
function filled({detail: {ctx: {target}}}) {
  if (target?.id !== 'gap' && !(target?.id === 'older' && find('.here'))) return;
  const known = collect();
  if (isElsewhere(readTo())) count(known);
  else if (!hasGap()) setBeyond([]);
}

// A room that was restored, or another one with the code: the page loads it anew, and all of it counts as read.
function startOver({data}) {
  if (!data) return; // the log is only loaded again
  const now = JSON.parse(data).cursor.split('-')[0];
  if (now === epoch) return;
  epoch = now;
  removeDivider();
  begin(epoch, Infinity);
  new MutationObserver((_, watch) => {
    watch.disconnect();
    firstVisit();
    show();
  }).observe(find('#scroller'), {childList: true});
}

function firstVisit() {
  const last = lastLine(), seq = last ? seqOf(last) : 0;
  begin(epoch, seq);
  markRead(room, epoch, seq);
}

function goToNext() {
  if (isElsewhere(readTo())) return location.assign(`/${room}`);
  const next = firstUnread(), gap = find('#gap');
  if (gap && (!next || next.compareDocumentPosition(gap) & Node.DOCUMENT_POSITION_PRECEDING)) goTo(gap);
  else if (next) goTo(next);
  return find('#scroller').focus({preventScroll: true});
}

export function start(data) {
  ({room, epoch} = data);
  page.room = room;
  const seq = readUpTo(room, epoch);
  if (seq === null) firstVisit();
  else begin(epoch, seq);
  onStream('reset', startOver);
  onRead(room, () => {
    moveMark(readUpTo(room, epoch) ?? 0);
    if (divider() && document.hidden && dividerAt() <= readTo()) removeDivider();
    show();
  });
  document.addEventListener('visibilitychange', come);
  document.addEventListener('htmx:after:swap', filled);
  find('#now').addEventListener('click', () => {
    goToEnd();
    find('#text').focus();
  });
  find('#jump').addEventListener('click', goToNext);
  open();
}
