package dev.finetune.golden;

import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Devices;
import java.util.Locale;
import org.bytedeco.pytorch.Device;

/** Where golden cases are computed: on the CPU, or with the system property finetune.device=cuda on a GPU. */
public final class GoldenDevice {
    private GoldenDevice() {}

    public static DeviceChoice choice() {
        final String property = System.getProperty("finetune.device", "");
        return property.isEmpty() ? DeviceChoice.CPU : DeviceChoice.valueOf(property.toUpperCase(Locale.ROOT));
    }

    /** Borrowed. */
    public static Device device() {
        return Devices.of(choice());
    }
}
