// The rules of the room on an open page: its title, and whether the reader may post. When a notice says that they have
// changed, the page asks the server for them, at some time within a second, as all pages ask at once.
import {find, lastLine, onStream} from './page.js';
import {complain} from './trouble.js';
const WITHIN = 1000; // milliseconds
let asking;

function ask() {
  clearTimeout(asking);
  asking = setTimeout(() => window.htmx?.trigger('#rules', 'changed'), Math.random() * WITHIN);
}

export function start({me}) {
  onStream('htmx:sse:after:message', ({message}) => {
    const {kind, about} = lastLine()?.dataset ?? {};
    if (!message.event && (kind === 'room' || (me && about === me))) ask();
  });
  onStream('reset', ask);
  document.addEventListener('htmx:after:swap', ({detail: {ctx}}) => {
    if (ctx.target?.id === 'rules') complain(); // what was refused may be allowed now
  });
}
