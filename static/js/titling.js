// The title, which owners change in place: the field has the focus; Escape, Cancel and what was saved close it.
import {find} from './page.js';

function close(details) {
  details.open = false;
  details.firstElementChild.focus();
}

function wire(details) {
  const field = details.querySelector('[name="title"]');
  const toggled = () => {
    if (!details.open) return;
    field.value = find('#title').textContent;
    field.select();
  };
  details.addEventListener('toggle', toggled);
  toggled(); // it was opened before this script had come
  details.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !details.open) return;
    event.preventDefault();
    close(details);
  });
  details.querySelector('a').addEventListener('click', event => {
    event.preventDefault();
    close(details);
  });
  details.addEventListener('htmx:after:request', ({detail: {ctx}}) => ctx.response.status === 204 && close(details));
}

export function start() {
  document.querySelectorAll('.titling').forEach(wire);
}
