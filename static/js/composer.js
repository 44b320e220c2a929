// The composer: Enter sends (on a touch screen it breaks the line, and the button sends), the text leaves the box at
// once for the outbox, with the files beside it, and comes back if it is refused.
import {attach, files, start as startFiles, unload} from './attached.js';
import {keep, restore, takeOver} from './drafts.js';
import {send, start as startOutbox} from './outbox.js';
import {find} from './page.js';
import {answer, drop, replying} from './reply.js';
import {isOpen} from './tabs.js';
import {complain} from './trouble.js';
const WARN = 400; // the composer shows the characters that are left below this number
const ROWS = 6;
const OTHERS = 2_000; // milliseconds after which this tab knows the others; one that is being reloaded is back by then
const form = find('#composer');
const {text: box} = form?.elements ?? {};
const touch = matchMedia('(pointer: coarse) and (hover: none)');
const grows = CSS.supports('field-sizing', 'content');

function grow() {
  for (box.rows = 1; box.rows < ROWS && box.scrollHeight > box.clientHeight;) box.rows++;
}

function typed() {
  const left = box.dataset.most - [...box.value].length;
  find('#composer-room').textContent = left < WARN ? `${left} characters left` : '';
  if (!grows) grow();
  keep({text: box.value});
}

const newKey = () => `~${crypto.getRandomValues(new Uint32Array(5)).join('~')}`; // its first number is a mark

// Takes a text back into the box, with what it answers, if the box is empty or the author asks for it. Whether it did.
function takeBack({text, reply, file, alt, isPaste}, refused, wait, asked = false) {
  if ((box.value || files().length) && !asked) return false;
  box.value = [text, box.value].filter(Boolean).join('\n');
  if (file?.slice) attach([{file, alt, isPaste}]);
  if (reply) answer(reply);
  complain(refused, wait);
  typed();
  if (asked) box.focus();
  return true;
}

function press(event) {
  const composing = event.isComposing || event.keyCode === 229; // 229: Safari's input methods
  const breaks = event.shiftKey || (touch.matches && !event.ctrlKey && !event.metaKey);
  if (event.key !== 'Enter' || composing || breaks) return;
  event.preventDefault();
  if (box.value.trim() || files().length) form.requestSubmit();
}

function submit(event) {
  const text = box.value;
  if (!form.matches('[data-live]')) return keep({text: '', reply: null}); // the server answers with a page that has it
  event.preventDefault();
  box.focus(); // a phone's keyboard stays open
  if (!text.trim() && !files().length) return;
  const [first, ...others] = unload(), one = {text: text.trim() && text, reply: replying(), ...first};
  box.value = '';
  drop();
  complain();
  typed();
  send([one, ...others.map(other => ({text: '', ...other}))].map(each => ({...each, key: newKey()})));
}

// What a closed tab has left: a draft goes into the box, if that is empty; all else waits for its author.
function takeLeft() {
  for (const {text, reply, queue} of takeOver(isOpen)) {
    if (text && !takeBack({text, reply}, '', 0)) queue.push({text, reply, key: newKey()});
    send(queue.map(one => ({...one, tried: true, held: true})));
  }
}

export function start({epoch}) {
  const before = restore(epoch);
  box.addEventListener('input', typed);
  box.addEventListener('keydown', press);
  box.enterKeyHint = touch.matches ? 'enter' : 'send';
  form.addEventListener('submit', submit);
  form.querySelector('.primary').addEventListener('mousedown', event => event.preventDefault()); // the box keeps it
  startFiles();
  startOutbox(form.action, takeBack);
  if (!box.value) box.value = before.text; // else the server has refused it, and its page has it
  if (before.reply && !replying()) answer(before.reply);
  typed();
  if (form.matches('[data-live]')) {
    send(before.queue.map(one => ({...one, tried: true})));
    setTimeout(takeLeft, OTHERS);
  }
  if (!find('.here') && matchMedia('(pointer: fine)').matches) box.focus();
}
