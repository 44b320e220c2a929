// Emoji with the names that people know them by, the usual one first. Loaded when it is first needed (emoji.js).
const LINES = [
  '😀 grinning happy, 😃 smiley, 😄 smile, 😁 grin, 😆 laughing satisfied, 😅 sweat_smile phew, 😂 joy lol tears',
  '🤣 rofl, 😊 blush, 🙂 slight_smile, 🙃 upside_down, 😉 wink, 😌 relieved, 😍 heart_eyes, 🥰 in_love adore, 😘 kiss',
  '😋 yum tasty, 😛 tongue, 😜 crazy_wink, 🤪 zany, 🤗 hug, 🤭 giggle oops, 🤫 shush quiet, 🤔 thinking hmm',
  '🤨 raised_eyebrow, 🧐 monocle, 🤓 nerd, 😎 cool sunglasses, 🥳 partying, 🤩 star_struck, 😏 smirk, 😒 unamused meh',
  '😐 neutral, 😑 expressionless, 😶 speechless no_mouth, 🙄 eye_roll, 😬 grimacing, 🤥 lying, 😔 pensive',
  '😴 sleeping zzz, 🥱 yawn tired, 😪 sleepy, 😷 mask ill, 🤒 fever, 🤕 hurt, 🤢 nauseated, 🤮 vomit, 🤧 sneeze',
  '🥵 hot_face, 🥶 cold_face, 🥴 woozy, 😵 dizzy, 🤯 mind_blown, 😕 confused, 😟 worried, 🙁 frown, 😮 open_mouth wow',
  '😲 astonished, 😳 flushed, 🥺 pleading, 😦 frowning, 😨 fearful, 😰 anxious, 😥 sad_relieved, 😢 cry sad, 😭 sob',
  '😱 scream, 😖 confounded, 😞 disappointed, 😓 sweat, 😩 weary, 😤 huff, 😡 rage, 😠 angry, 🤬 swearing, 😈 devil',
  '💀 skull, 💩 poop, 🤡 clown, 👻 ghost, 👽 alien, 🤖 robot bot, 😺 cat_smile, 🙈 see_no_evil, 🙉 hear_no_evil',
  '🙊 speak_no_evil, 👍 thumbsup +1 yes like, 👎 thumbsdown -1 no, 👌 ok_hand perfect, ✌️ victory peace',
  '🤞 fingers_crossed, 🤟 love_you, 🤘 rock_on, 🤙 call_me, 👈 point_left, 👉 point_right, 👆 point_up, 👇 point_down',
  '✋ hand stop_hand, 👋 wave hello bye, 🤚 raised_back, 🖖 spock, 👏 clap applause, 🙌 raised_hands hooray',
  '👐 open_hands, 🤝 handshake deal, 🙏 pray thanks please, 💪 muscle strong, ✍️ writing, 🤷 shrug, 🤦 facepalm',
  '🙋 raising_hand me, 💁 tipping_hand, 🙇 bow sorry, 🏃 running, 💃 dancer, 🕺 dancing, 👀 eyes looking, 🧠 brain',
  '❤️ heart love, 🧡 orange_heart, 💛 yellow_heart, 💚 green_heart, 💙 blue_heart, 💜 purple_heart, 🖤 black_heart',
  '🤍 white_heart, 💔 broken_heart, 💕 two_hearts, 💯 100 hundred, 💢 anger, 💥 boom, 💫 dizzy_star, 💦 splash, 💨 dash',
  '💬 speech, 💤 zzz_sign, ✨ sparkles, ⭐ star, 🌟 glowing_star, 🔥 fire, ⚡ zap lightning, ☀️ sun, 🌈 rainbow',
  '☁️ cloud, 🌧️ rain, ❄️ snow snowflake, ⛄ snowman, 🌊 ocean, 🌍 earth world, 🌙 moon, 🐶 dog, 🐱 cat, 🐭 mouse',
  '🐰 rabbit, 🦊 fox, 🐻 bear, 🐼 panda, 🐸 frog, 🐵 monkey, 🐔 chicken, 🐧 penguin, 🦆 duck, 🦉 owl, 🦄 unicorn, 🐝 bee',
  '🐛 bug, 🦋 butterfly, 🐢 turtle, 🐍 snake python, 🐙 octopus, 🐳 whale, 🦀 crab, 🐘 elephant, 🌹 rose, 🌻 sunflower',
  '🌸 blossom, 🌲 tree, 🌵 cactus, 🍀 clover luck, 🍎 apple, 🍌 banana, 🍓 strawberry, 🍋 lemon, 🥑 avocado, 🍞 bread',
  '🧀 cheese, 🍔 burger, 🍟 fries, 🍕 pizza, 🌮 taco, 🍜 noodles, 🍣 sushi, 🍪 cookie, 🎂 birthday cake, 🍰 cake_slice',
  '🍫 chocolate, 🍿 popcorn, ☕ coffee, 🍵 tea, 🍺 beer, 🍻 cheers, 🍷 wine, 🥂 clink toast, ⚽ football soccer',
  '🏀 basketball, 🎮 game, 🎲 dice, 🎯 dart target, 🎵 music note, 🎸 guitar, 🎨 art, 🎬 film, 🎉 tada party, 🎊 confetti',
  '🎁 gift present, 🎈 balloon, 🏆 trophy, 🥇 gold first, 🚀 rocket ship_it, ✈️ plane, 🚗 car, 🚲 bike, 🚂 train',
  '⛵ sailboat, 🏠 house home, 🏖️ beach, ⛺ tent, 💻 laptop computer, 📱 phone mobile, ⌨️ keyboard, 💾 save floppy',
  '🔋 battery, 💡 idea bulb, 🔧 wrench fix, 🔨 hammer, ⚙️ gear settings, 🔒 lock, 🔑 key, 📌 pin, 📎 paperclip',
  '📷 camera, 📅 calendar, 📈 chart_up, 📉 chart_down, 📖 book, 📝 memo, ✏️ pencil, ✉️ envelope mail, 📦 package',
  '🗑️ trash, ⏰ alarm, ⏳ hourglass wait, 🔔 bell, 🔍 search, 💰 money, ✅ check done, ☑️ checkbox, ❌ cross wrong',
  '❓ question, ❗ exclamation important, ⚠️ warning, 🚫 forbidden, 🛑 stop, 🚧 construction wip, ♻️ recycle, ➕ plus',
  '➖ minus, ➡️ arrow_right, ⬅️ arrow_left, ⬆️ arrow_up, ⬇️ arrow_down, 🔴 red, 🟢 green, 🔵 blue, 🏁 finish',
  '🏳️‍🌈 rainbow_flag pride',
];

export const emoji = LINES.join(', ').split(', ').map(line => {
  const [char, ...names] = line.split(' ');
  return {char, names};
});
