// Keeps what was typed and what is not sent yet, in this browser and for a day (so long the server knows a key again).
// A room goes by its epoch, which stays when it gets a new code. Each tab has a draft of its own; one whose tab was
// closed is taken over by the next tab that opens the room.
const AGE = 24 * 3600 * 1000; // milliseconds
const kept = {text: '', reply: null, queue: []};
let room, slot;

export function withStorage(use) {
  try {
    return use();
  } catch {
    return null; // storage is full, forbidden or broken
  }
}

// The name of this tab, which it keeps when it is reloaded.
export const tab = withStorage(() => sessionStorage.getItem('tab')) || `${Math.random()}`.slice(2);

export function keep(part) {
  Object.assign(kept, part, {at: Date.now()});
  withStorage(() => {
    if (kept.text || kept.reply || kept.queue.length) localStorage.setItem(slot, JSON.stringify(kept));
    else localStorage.removeItem(slot);
  });
}

const read = name => withStorage(() => {
  const {text, reply, queue, at} = JSON.parse(localStorage.getItem(name));
  return Date.now() - at < AGE && typeof text === 'string' ? {text, reply, queue} : null;
});

// What this tab had before it was reloaded.
export function restore(epoch) {
  room = `draft ${epoch} `;
  slot = room + tab;
  withStorage(() => sessionStorage.setItem('tab', tab));
  Object.assign(kept, read(slot));
  return {...kept};
}

// What tabs have left behind that are closed now; `isOpen` tells whether a tab is still there.
export function takeOver(isOpen) {
  const names = withStorage(() => Object.keys(localStorage).filter(name => name.startsWith('draft '))) ?? [];
  const left = names.filter(name => name !== slot && !isOpen(name.split(' ')[2]));
  const found = left.filter(name => name.startsWith(room)).map(read).filter(Boolean);
  for (const name of left) if (name.startsWith(room) || !read(name)) withStorage(() => localStorage.removeItem(name));
  return found;
}
