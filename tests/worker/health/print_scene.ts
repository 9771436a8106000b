/**
 * Plays the scene in a process of its own, and prints what was answered.
 * @module
 */
import { playHealthScene } from "./scene.ts";

console.log(JSON.stringify(await playHealthScene()));
