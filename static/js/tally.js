// Shows how much was not read yet: in the title of the tab, and on the button that leads to it.
import {find} from './page.js';
const MOST = 99;
const jump = find('#jump');

// `unread` has for each message whether it is meant for the reader; `isAway` says whether the reader is not at the end.
export function tell(unread, isAway) {
  const forMe = unread.filter(Boolean).length, number = unread.length > MOST ? `${MOST}+` : unread.length;
  const {title} = find('#rules').dataset, counted = number ? `(${forMe ? '!' : ''}${number}) ${title}` : title;
  const words = `${number} new${forMe ? `, ${Math.min(forMe, MOST)} for you` : ''}`;
  if (document.title !== counted) document.title = counted;
  if (jump.textContent !== words) jump.textContent = words;
  find('#jumps').hidden = !isAway;
  jump.hidden = !number;
}
