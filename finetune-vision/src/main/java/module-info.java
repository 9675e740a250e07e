import dev.finetune.spi.ImageModelFamily;
import dev.finetune.vision.family.ResNetFamily;
import dev.finetune.vision.family.SqueezeNetFamily;

/** Families of image classifiers. */
module dev.finetune.vision {
    requires com.twelvemonkeys.imageio.webp;
    requires transitive dev.finetune.core;
    requires transitive java.desktop;
    requires org.slf4j;

    exports dev.finetune.vision;
    exports dev.finetune.vision.augment;
    exports dev.finetune.vision.family;
    exports dev.finetune.vision.image;
    exports dev.finetune.vision.net;

    provides ImageModelFamily with
            ResNetFamily,
            SqueezeNetFamily;
}
