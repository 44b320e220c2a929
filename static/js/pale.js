// The pale lines of the outbox: how a text or a file looks that is on its way (queued, sending, waiting, held or sent).
import {find, lastLine, seqOf} from './page.js';

const said = id => find(`#${id}`).content.textContent; // the sentences are the server's

export const leftBehind = ({file}) => said(file && !file.slice ? 'lost' : 'left');
export const itsTurn = () => said('turn');
export const noAnswer = () => said(navigator.onLine ? 'no-answer' : 'offline');
export const goesOut = refused => `${wordsOf(refused)} ${said('by-itself')}`;

// The sentence of a refusal, without the link that may follow it.
export function wordsOf(refused) {
  const page = new DOMParser().parseFromString(refused, 'text/html');
  return page.querySelector('.error').firstChild.textContent;
}

// Adds the line of a text or a file. `act` is called with what its buttons are for: now, edit, cancel or discard.
export function addLine({text, reply, file, node}, act) {
  const line = find('#pending').content.firstElementChild.cloneNode(true), answers = line.querySelector('.answers');
  if (reply) answers.querySelector('bdi').textContent = reply.name;
  else answers.remove();
  const words = line.querySelector('.text');
  words.textContent = text;
  if (file) words.append(text ? '\n' : '', node?.querySelector('.piece') ?? file.name);
  line.classList.toggle('lost', Boolean(file && !file.slice));
  line.classList.toggle('upload', Boolean(file));
  line.addEventListener('click', ({target}) => target.dataset.do && act(target.dataset.do));
  find('#outbox').append(line);
  return line;
}

// What screen readers are told: what waits, and of a file also that it goes out, and that it is there.
export function show(line, state, words = '', file = '') {
  line.dataset.state = state;
  line.querySelector('.state span').textContent = words;
  const waits = ['waiting', 'held'].includes(state);
  find('#outbox-said').textContent = waits ? words : file && `${file}: ${words}`;
}

// The real line is there, or has been and was removed. The stream may bring it before the post is answered: then it has
// the mark in the key, which nobody else knows before.
export function isThere({seq, key}) {
  const last = lastLine(), mark = key.split('~')[1];
  return seq ? last && seq <= seqOf(last) : mark && find(`#log > [data-sent="${mark}"]`);
}
