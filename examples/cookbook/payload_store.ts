/**
 * A payload store on any S3-compatible service (AWS, MinIO, R2, …), with signed HTTP requests.
 */
import { AwsClient } from "aws4fetch";
import type { PayloadStore, StoreOptions } from "./large_payloads.ts";

/** The address and the credentials of a bucket. */
export interface S3Options {
  /** The bucket's address: `https://s3.eu-central-1.amazonaws.com/my-bucket`. */
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region?: string;
}

/** A store in one bucket. */
export class S3Store implements PayloadStore {
  readonly #bucket: string;
  readonly #client: AwsClient;

  constructor({ bucket, accessKeyId, secretAccessKey, region = "us-east-1" }: S3Options) {
    this.#bucket = bucket;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3" });
  }

  async put(key: string, bytes: Uint8Array, options: StoreOptions = {}): Promise<void> {
    await this.#request("PUT", key, { ...options, body: new Uint8Array(bytes) });
  }

  async get(key: string, options: StoreOptions = {}): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#request("GET", key, options)).arrayBuffer());
  }

  async delete(key: string, options: StoreOptions = {}): Promise<void> {
    await this.#request("DELETE", key, options);
  }

  /** A URL that accepts an upload for 15 minutes, without credentials. Large files need not pass through the web server. */
  async uploadUrl(key: string): Promise<string> {
    const url = new URL(this.#urlOf(key));
    url.searchParams.set("X-Amz-Expires", "900");
    return (await this.#client.sign(url, { method: "PUT", aws: { signQuery: true } })).url;
  }

  async #request(method: string, key: string, init: RequestInit): Promise<Response> {
    const response = await this.#client.fetch(this.#urlOf(key), { ...init, method });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Error(`Cannot ${method} the object as the store answers ${response.status}: ${key}`);
  }

  #urlOf(key: string): string {
    return `${this.#bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }
}
