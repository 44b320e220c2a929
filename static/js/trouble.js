// The refusal of a text, above the box. One that ends by itself counts its seconds down, and goes.
import {find} from './page.js';
const trouble = find('#composer-error');
let ticking;

// Shows a refusal, as the server has rendered it, and for how many seconds; with none it takes away what is there.
export function complain(html = '', wait = 0) {
  clearInterval(ticking);
  trouble.innerHTML = html;
  if (!wait) return;
  const left = document.createElement('span'), end = Date.now() + wait * 1000;
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    left.textContent = new Date(Math.max(seconds, 0) * 1000).toISOString().slice(14, 19);
    if (seconds <= 0) complain();
  };
  left.className = 'left';
  left.ariaHidden = true; // the words have said it once
  trouble.firstElementChild.append(left);
  ticking = setInterval(tick, 250);
  tick();
}
