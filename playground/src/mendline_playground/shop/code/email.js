// The shop's e-mail API: POST /emails hands a message to the mail provider.
"use strict";
const http = require("node:http");

exports.handler = async function handler(event) {
  const mail = JSON.parse(event.body ?? "{}");
  if (!mail.to) return answer(400, { message: "A mail needs somebody to go to." });
  const provider = await post(process.env.POSTBOX_HOST, "/v1/messages", mail, event.headers?.["x-tenant"] ?? "");
  if (provider.status !== 202) {
    console.error(`postbox answered ${provider.status} for order ${mail.order}`);
    return answer(502, { message: "The mail provider did not take it." });
  }
  return answer(202, { id: JSON.parse(provider.body).id });
};

function post(host, path, value, tenant) {
  const body = JSON.stringify(value);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), "x-tenant": tenant };
  return new Promise((resolve, reject) => {
    const request = http.request({ host, path, method: "POST", headers, timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, body: text }));
    });
    request.on("timeout", () => request.destroy(new Error(`${host} did not answer in 5 s`)));
    request.on("error", reject);
    request.end(body);
  });
}

function answer(statusCode, value) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
