package com.example.stars;

import dev.finetune.data.Label;
import dev.finetune.head.Head;

/** A number of stars, up to so many. */
public record Rating(int most) implements Head {
    @Override
    public boolean learnsFrom(Label label) {
        return label instanceof Stars;
    }

    @Override
    public String labelAdvice() {
        return "new Stars(count)";
    }

    @Override
    public String toString() {
        return "up to " + most + " stars";
    }
}
