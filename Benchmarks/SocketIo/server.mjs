// The peer: rooms of Socket.IO on one Node.js process, as its documentation has them. Argument: the port.
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer();
const io = new Server(server, { transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("join", (channel, answer) => {
    socket.join(channel);
    answer();
  });
  socket.on("publish", (channel, data) => io.to(channel).emit("message", data));
});
server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
