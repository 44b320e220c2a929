// What a page needs once somebody acts: loaded at the first act (acts.js), as one script.
import {start as answer} from './answer.js';
import {start as choices} from './choices.js';
import {offer as add, start as complete} from './complete.js';
import {start as copyLine} from './copyline.js';
import {start as edit} from './edit.js';
import {start as emoji} from './emoji.js';
import {start as follow} from './follow.js';
import {start as menu} from './menu.js';
import {find} from './page.js';
import {start as person} from './person.js';
import {start as react} from './react.js';
import {start as removal} from './removal.js';
import {start as search} from './search.js';
import {start as share} from './share.js';
import {start as titling} from './titling.js';

export const offer = add;

const parts = [
  answer, choices, complete, copyLine, edit, emoji, follow, menu, person, react, removal, search, share,
  titling,
];

export function start(room) {
  for (const begin of parts) {
    try {
      begin(room);
    } catch (error) {
      reportError(error); // the other modules still start
    }
  }
  if (find('#text').value) find('#text').dispatchEvent(new Event('input')); // what was typed meanwhile
}
