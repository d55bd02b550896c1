"""From a campaign's free text to a proposed brief: by rules over the catalogue's own words, and by the configured
language model where there is one.

`compile` reads a brief, `compile_instruction` what a person asks to change about a page. Neither saves anything, and
neither loads the encoder: the web process may call both.
"""

from generation.campaigns.compiler.instructions import compile_instruction
from generation.campaigns.compiler.reading import compile
from generation.campaigns.compiler.shapes import Asked, Compiled, Instruction, Leftover, Reading

__all__ = ["Asked", "Compiled", "Instruction", "Leftover", "Reading", "compile", "compile_instruction"]
