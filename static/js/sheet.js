// The sheet with code, people and the way out, on small screens: the browser's Back closes it and stays in the room.
import {find} from './page.js';
const sheet = find('#side'), isEntry = () => history.state?.sheet;

function toggled({newState}) {
  if (newState === 'open' && !isEntry()) history.pushState({sheet: true}, '');
  if (newState === 'closed' && isEntry()) history.back();
}

export function start() {
  if (!sheet?.hidePopover) return;
  if (isEntry()) history.replaceState(null, ''); // a reload has closed it
  sheet.addEventListener('toggle', toggled);
  window.addEventListener('popstate', () => {
    if (sheet.matches(':popover-open') && !isEntry()) sheet.hidePopover();
  });
}
