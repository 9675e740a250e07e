package com.example.stars;

import dev.finetune.head.Prediction;
import java.util.List;

/** How many stars a guest would give. */
public record Rated(int stars, List<float[]> logits) implements Prediction {}
