// What a page needs once somebody acts: loaded at the first act (acts.js), as one script.
import {start as answer} from './answer.js';
import {start as choices} from './choices.js';
import {offer as add, start as complete} from './complete.js';
import {start as edit} from './edit.js';
import {start as emoji} from './emoji.js';
import {start as menu} from './menu.js';
import {find} from './page.js';
import {start as person} from './person.js';
import {start as react} from './react.js';
import {start as removal} from './removal.js';

export const offer = add;

export function start(room) {
  for (const begin of [answer, choices, complete, edit, emoji, menu, person, react, removal]) {
    try {
      begin(room);
    } catch (error) {
      reportError(error); // the other modules still start
    }
  }
  if (find('#text').value) find('#text').dispatchEvent(new Event('input')); // what was typed meanwhile
}
