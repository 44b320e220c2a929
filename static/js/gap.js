// Opens the room at the first message that was not read, where the page does not have it: loads the messages from there
// on, above those at the end. The gap between the two fills by itself when the reader comes near.
import {offerOlder} from './far.js';
import {cutAbove, find, isLine, neighbour, seqOf} from './page.js';

const gap = () => find('#gap');
export const hasGap = () => gap() !== null;

// Puts the lines after the number `seq` on the page; whether there are any before the first that it has.
export async function fetchFrom(room, seq) {
  const first = [...find('#log').children].find(isLine);
  if (!first || !find('#older') || seqOf(first) <= seq + 1) return false;
  if (!window.htmx) await new Promise(done => { document.addEventListener('DOMContentLoaded', done, {once: true}); });
  const address = `/${room}?after=${seq}&before=${seqOf(first)}`;
  await window.htmx?.ajax('GET', address, {target: '#older', swap: 'outerHTML'});
  if (find('#older')) return false; // no network: it is still there
  offerOlder(seq + 1);
  return true;
}

// The reader goes on at the end: what is above the gap can be had as older messages.
export function closeGap() {
  const below = gap() && neighbour(gap(), 'nextElementSibling');
  if (!below) return;
  cutAbove(below);
  offerOlder(seqOf(below));
}
