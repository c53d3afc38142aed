class PictureUploader < CarrierWave::Uploader::Base
  storage :file

  def store_dir
    "uploads/#{model.id}"
  end
end
