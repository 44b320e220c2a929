// Answering: a button of a question sends the answer, and "Reply" puts the question above the box.
import {tell} from './copy.js';

async function send(form, text) {
  try {
    const headers = {Accept: 'application/json'};
    const answer = await fetch(form.action, {method: 'POST', body: new URLSearchParams({text}), headers});
    if (!answer.ok) tell((await answer.json()).error);
  } catch {
    tell('Not sent: the server did not answer. Try it again.');
  }
}

async function press(event) {
  const form = event.target;
  if (!form.matches('.asked form')) return;
  event.preventDefault();
  const line = form.closest('[data-kind]');
  line.tabIndex = -1; // the stream takes the buttons away: the focus stays with their question
  line.focus({preventScroll: true});
  form.inert = true;
  await send(form, event.submitter.value);
  form.inert = false;
}

function reply(event) {
  const link = event.target.closest('.asked > .button');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  link.closest('[data-kind]').dispatchEvent(new CustomEvent('menu:reply', {bubbles: true}));
}

export function start() {
  document.addEventListener('submit', press);
  document.addEventListener('click', reply);
}
