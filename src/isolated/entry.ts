/**
 * The main module of a child on Bun and Node; for Deno see `spawn.ts`, which finds this file by its name.
 *
 * @module
 */
import { serve } from "./serve.ts";

serve((url) => import(url));
