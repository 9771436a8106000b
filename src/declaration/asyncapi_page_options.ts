/**
 * What the page with the AsyncAPI document shows.
 * @module
 */
import type { KnownOptions } from "../_internal/known_options.ts";

/** What the page shows. Everything by default. */
export interface AsyncApiHtmlOptions {
  /** The list of contents at the side. */
  readonly sidebar?: boolean | undefined;
  /** The application. */
  readonly info?: boolean | undefined;
  /** Its servers. */
  readonly servers?: boolean | undefined;
  /** What it sends and receives. */
  readonly operations?: boolean | undefined;
  /** Its messages. */
  readonly messages?: boolean | undefined;
  /** The schemas that messages refer to. */
  readonly schemas?: boolean | undefined;
  /** What is wrong with the document. */
  readonly errors?: boolean | undefined;
  /** Whether the examples of messages are unfolded. */
  readonly expandMessageExamples?: boolean | undefined;
}

/** Their names. */
export const ASYNC_API_HTML_OPTIONS: KnownOptions<AsyncApiHtmlOptions> = {
  sidebar: true,
  info: true,
  servers: true,
  operations: true,
  messages: true,
  schemas: true,
  errors: true,
  expandMessageExamples: true,
};
