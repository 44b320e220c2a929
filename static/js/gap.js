// The gap between the messages that were not read and those at the end of the page (away.js). It fills by itself when
// the reader comes near.
import {offerOlder} from './far.js';
import {cutAbove, find, neighbour, seqOf} from './page.js';

const gap = () => find('#gap');
export const hasGap = () => gap() !== null;

// The reader goes on at the end: what is above the gap can be had as older messages.
export function closeGap() {
  const below = gap() && neighbour(gap(), 'nextElementSibling');
  if (!below) return;
  cutAbove(below);
  offerOlder(seqOf(below));
}
