// A text of which the log has the first lines: the button below them fetches the rest.
import {tell} from './copy.js';

async function press({target: button}) {
  if (!button.matches?.('#log .whole')) return;
  const lines = button.closest('.text').querySelector('.excerpt');
  const answer = await fetch(button.nextElementSibling.href).catch(() => null);
  if (!answer?.ok) return tell('The rest did not load. Try it again.');
  lines.textContent = await answer.text();
  lines.classList.add('all');
  lines.focus();
  button.remove();
}

export function start() {
  document.addEventListener('click', press);
}
