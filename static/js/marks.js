// Read marks: up to where each room was read, in this browser: `read KQZF` is the cursor of the last line that was on
// screen. Rooms are known by their epochs, too: a room that was restored begins anew, one with a new code goes on.
const CURSOR = /^([a-z0-9]{4})-(\d{1,15})$/;

function withStorage(use) {
  try {
    return use();
  } catch {
    return null; // storage is full, forbidden or broken
  }
}

const cursorOf = name => withStorage(() => localStorage.getItem(name))?.match(CURSOR);

// The cursor up to which a room was read, or nothing.
export const cursor = room => cursorOf(`read ${room}`)?.[0];

// The number of the last line that was read; null on the first visit.
export function readUpTo(room, epoch) {
  const names = withStorage(() => Object.keys(localStorage).filter(name => name.startsWith('read '))) ?? [];
  const found = [`read ${room}`, ...names].map(cursorOf).find(one => one?.[1] === epoch);
  return found ? Number(found[2]) : null;
}

export function markRead(room, epoch, seq) {
  withStorage(() => localStorage.setItem(`read ${room}`, `${epoch}-${seq}`));
}

// Calls back when another tab has read on in a room.
export function onRead(room, handler) {
  window.addEventListener('storage', ({key}) => key === `read ${room}` && handler());
}
