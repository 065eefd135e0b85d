# In the style of a Keras example: constants and no arguments.
import numpy as np
from tensorflow import keras

num_classes = 10
batch_size = 128
epochs = 15
model = keras.Sequential([])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(np.zeros(1), np.zeros(1), batch_size=batch_size, epochs=epochs, validation_split=0.1)
