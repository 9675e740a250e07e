package com.example.stars;

import dev.finetune.data.Label;

/** How many stars a guest gave. */
public record Stars(int count) implements Label {}
