/**
 * An S3 server for development: s3rver, in this process, with a temporary folder.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import type { S3Options } from "./payload_store.ts";

/** A bucket and its server. */
export interface LocalBucket {
  readonly options: S3Options;
  close(): Promise<void>;
}

/** Serves one empty bucket on a free port of 127.0.0.1. */
export async function serveBucket(name: string): Promise<LocalBucket> {
  const directory = await mkdtemp(join(tmpdir(), "repid-s3-"));
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name, configs: [] }],
  });
  const { port } = await server.run();
  return {
    options: {
      bucket: `http://127.0.0.1:${port}/${name}`,
      accessKeyId: "S3RVER",
      secretAccessKey: "S3RVER",
    },
    close: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
