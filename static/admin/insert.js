// The buttons that put something into the text. Without this script the same is typed: “How to write” says how.
import { BLOCKS } from "./blocks.js";
import { field } from "./caret.js";
import { addTools } from "./tools.js";

if (field) {
  addTools(
    "Put in",
    BLOCKS.map((block) => ({ ...block, press: () => block.press() })),
  );
}
