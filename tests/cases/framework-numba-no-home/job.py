import librosa

print(librosa.note_to_hz('A4'))
