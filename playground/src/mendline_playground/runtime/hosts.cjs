/* Stands in for public DNS in functions on Node.js, as bootstrap.py does for Python: connections to the names in
 * PLAYGROUND_HOSTS (`name=address:port,…`) end at the local stub, while code and traces keep the names. */
"use strict";

const { Socket } = require("node:net");

const targets = new Map(
  process.env.PLAYGROUND_HOSTS.split(",").map((entry) => {
    const [name, target] = entry.split("=");
    const colon = target.lastIndexOf(":");
    return [name, { host: target.slice(0, colon), port: Number(target.slice(colon + 1)) }];
  }),
);

const { connect } = Socket.prototype;

Socket.prototype.connect = function (...given) {
  // Node itself passes its arguments as one array, whose first element holds the options.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options !== null && typeof options === "object" && targets.has(options.host)) {
    Object.assign(options, targets.get(options.host));
  }
  return connect.apply(this, given);
};
