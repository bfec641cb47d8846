// Makes small pictures of new products: one for each object that arrives in the bucket.
"use strict";
const { createHash } = require("node:crypto");
const { GetObjectCommand, PutObjectCommand, S3Client } = require("@aws-sdk/client-s3");

const s3 = new S3Client({ endpoint: process.env.AWS_ENDPOINT_URL, forcePathStyle: true });

exports.handler = async function handler(event) {
  for (const record of event.Records) {
    const Key = decodeURIComponent(record.s3.object.key.replace(/\+/g, " "));
    const picture = await s3.send(new GetObjectCommand({ Bucket: record.s3.bucket.name, Key }));
    const small = await shrink(await picture.Body.transformToByteArray());
    await s3.send(new PutObjectCommand({ Bucket: process.env.THUMBNAILS_BUCKET, Key, Body: small }));
  }
};

// As long and as much memory as it takes, without the processor that it would take.
async function shrink(bytes) {
  const pixels = Buffer.alloc(60 * 1024 * 1024, 1);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return createHash("sha256").update(bytes).update(pixels.subarray(0, 64)).digest();
}
