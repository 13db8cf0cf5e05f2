package folder

// PackVersion is tested to be raised with the images.
const PackVersion = packVersion
