"use strict";
// The instrumentation gives handlers a third parameter, and AWS's newest runtime client refuses such handlers: so the
// runtime gets this one, and the instrumentation the one that it calls.
const [file, name] = process.env.SHOP_HANDLER.split(".");
const shop = require(`./${file}.js`);

exports.handler = async (event, context) => shop[name](event, context);
