// Node's socket.io: a room is socket.io's own room, a message is emitted to it, nothing is stored.
// Its port is the last argument. WebSocket only, without compression, which is also its default.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer();
const io = new Server(server, { serveClient: false, transports: ['websocket'], perMessageDeflate: false });

io.on('connection', (socket) => {
  const { room, post_to: posts } = socket.handshake.query;
  if (posts === undefined) {
    socket.join(room);
  }
  socket.on('message', ({ room: to, data }, acknowledge) => {
    io.to(to).emit('message', { name: 'Ada', message: data });
    acknowledge();
  });
});

server.listen({ port: Number(process.argv.at(-1)), host: '127.0.0.1', backlog: 4096 });
