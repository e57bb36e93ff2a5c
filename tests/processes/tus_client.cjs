// Sends a file with tus-js-client, as a page would, from Node.js: node tus_client.cjs ENDPOINT TOKEN FILE NAME SPACE [PIECE]
// Prints one line of JSON: {"url": …} or {"error": …, "body": …}.
const fs = require("node:fs");
const tus = require("tus-js-client");

const [endpoint, token, path, filename, space, piece] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(path), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename, space },
  uploadSize: fs.statSync(path).size,
  chunkSize: Number(piece) || 4 * 1024 * 1024,
  retryDelays: Array(60).fill(250),
  onSuccess: () => console.log(JSON.stringify({ url: upload.url })),
  onError: (fault) => {
    const answer = fault.originalResponse;
    console.log(JSON.stringify({ error: answer ? answer.getStatus() : String(fault), body: answer ? answer.getBody() : "" }));
  },
});
upload.start();
