// The composer. Each text has its own idempotency key, so that a retry cannot post it twice. `waiting` is true from the
// submit until the server has said whether the text is stored.
import {find, onStream} from './page.js';
const WARN = 400; // the composer shows the characters that are left below this number
const form = find('#composer');
const {text: box, key} = form?.elements ?? {};
const trouble = find('#composer-error');
let slot, sent = null, waiting = false;

function withStorage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null; // storage is full or forbidden
  }
}

const forget = () => withStorage(drafts => drafts.removeItem(slot));
const noAnswer = () => find(navigator.onLine ? '#no-answer' : '#offline').innerHTML;

function typed() {
  const left = box.dataset.most - [...box.value].length;
  find('#composer-room').textContent = left < WARN ? `${left} characters left` : '';
  withStorage(drafts => drafts.setItem(slot, JSON.stringify([box.value, key.value, sent, waiting])));
}

const resend = () => waiting && box.value === sent && form.requestSubmit();

function press(event) {
  const composing = event.isComposing || event.keyCode === 229; // 229: Safari's input methods
  if (event.key !== 'Enter' || event.shiftKey || composing) return;
  event.preventDefault();
  if (box.value.trim()) form.requestSubmit();
}

function submit(event) {
  if (form.matches('.htmx-request')) { // one request at a time
    event.preventDefault();
    return event.stopImmediatePropagation();
  }
  if (box.value !== sent) key.value = crypto.getRandomValues(new Uint32Array(4)).join('-');
  sent = box.value;
  waiting = true;
  typed();
  if (!form.matches('[data-htmx-powered]')) forget(); // the server keeps the draft
}

function answered({detail: {ctx}}) {
  const {status} = ctx.response;
  const stored = status === 204;
  const refused = status >= 400 && ctx.text.includes('class="error"'); // otherwise it is an error page of a proxy
  waiting = !stored && !(refused && status < 500);
  if (!stored && !refused) ctx.text = noAnswer();
  if (stored) {
    if (box.value.startsWith(sent)) box.value = box.value.slice(sent.length); // keep what was typed meanwhile
    sent = null;
    trouble.replaceChildren();
  }
  typed();
}

export function start({room}) {
  slot = `draft ${room}`;
  box.addEventListener('input', typed);
  box.addEventListener('keydown', press);
  form.addEventListener('submit', submit); // registered before the handler of htmx, which reads the form
  form.addEventListener('htmx:error', () => { trouble.innerHTML = noAnswer(); });
  form.addEventListener('htmx:after:request', answered);
  onStream('htmx:sse:after:connection', resend);
  window.addEventListener('online', resend);
  const draft = withStorage(drafts => JSON.parse(drafts.getItem(slot)));
  if (draft && !box.value) [box.value, key.value, sent, waiting] = draft;
  typed();
  if (!find('.here') && matchMedia('(pointer: fine)').matches) box.focus();
}
