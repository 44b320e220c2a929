// The gap between the messages that were not read and those at the end of the page (away.js). It fills by itself when
// the reader comes near.
import {offerOlder} from './far.js';
import {cutAbove, find, neighbour, seqOf} from './page.js';

const gap = () => find('#gap');
// Up to which number messages are missing, above a link to them.
const end = link => Number(find(`${link} a`)?.getAttribute('hx-get').match(/before=(\d+)/)[1]);

export const hasGap = () => gap() !== null;
// A page that was opened at a line may not have the first of the messages that were not read, after the number `mark`.
export const missesAbove = mark => end('#older') > mark + 1;
export const isElsewhere = mark => find('.here') !== null && (missesAbove(mark) || end('#gap') > mark + 1);

// What is above the gap can be had as older messages.
function closeGap() {
  const below = gap() && neighbour(gap(), 'nextElementSibling');
  if (!below) return;
  cutAbove(below);
  offerOlder(seqOf(below));
}

// The reader has read to the end and goes on there. The page is that of no line any more: a reload opens the end.
export function goOnAtEnd() {
  closeGap();
  const line = find('.here'), {room} = find('.talk').dataset;
  if (line && line.getBoundingClientRect().bottom > find('#scroller').getBoundingClientRect().top) return;
  line?.classList.remove('here');
  if (location.pathname !== `/${room}`) history.replaceState(history.state, '', `/${room}`);
}
